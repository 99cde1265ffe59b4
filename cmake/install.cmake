# Installs the headers and the CMake package, so that find_package(xgrad) gives xgrad::autodiff, xgrad::nn and xgrad::draw.
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xgrad")

file(GLOB umbrella_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/xgrad/*.hpp")
install(FILES ${umbrella_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xgrad")
foreach(folder IN ITEMS autodiff nn)
    if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}")
        install(DIRECTORY ${folder}/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xgrad/${folder}"
            FILES_MATCHING PATTERN "*.hpp" PATTERN kernels EXCLUDE)     # kernels are private
    endif()
endforeach()

configure_package_config_file(cmake/xgradConfig.cmake.in "${PROJECT_BINARY_DIR}/xgradConfig.cmake"
    INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/xgradConfig.cmake" "${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake"
    cmake/FindOpenBLAS.cmake DESTINATION "${package_dir}")
if(TARGET xgrad_autodiff)
    install(EXPORT xgradTargets NAMESPACE xgrad:: DESTINATION "${package_dir}")
endif()
if(TARGET xgrad_draw)
    install(EXPORT xgradDrawTargets NAMESPACE xgrad:: DESTINATION "${package_dir}")
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
